// An OpenID provider that others wrote, with one client: us. It asks for any name and any password.
import Provider from "oidc-provider";

const [port, callback, secret] = process.argv.slice(2);

const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id: "mentorship", client_secret: secret, redirect_uris: [callback], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, name: "Ada Quill" }),
  }),
  cookies: { keys: ["of a test alone"] },
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
