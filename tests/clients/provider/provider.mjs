// An OpenID provider that others wrote, with one client: us. It asks for any name and any password.
// Says where it is once it is ready.
import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [callback, secret] = process.argv.slice(2);

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://localhost:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: "mentorship", client_secret: secret, redirect_uris: [callback], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, name: "Ada Quill" }),
  }),
  cookies: { keys: ["of a test alone"] },
});

server.on("request", provider.callback());
console.log(`ready ${issuer}`);
