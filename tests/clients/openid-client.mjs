// npm openid-client, as its documents say: discovery, code with PKCE, userinfo, refresh, revocation, sign-out.
import * as client from "openid-client";
import { signIn, tell, told } from "./conversation.mjs";

const { issuer, client_id, secret, key, auth, redirect_uri, post_logout_redirect_uri } = await told();
const proofs = {
  none: () => client.None(),
  client_secret_basic: () => client.ClientSecretBasic(secret),
  client_secret_post: () => client.ClientSecretPost(secret),
  private_key_jwt: async () => client.PrivateKeyJwt(await privateKey(key)),
};
const config = await client.discovery(new URL(issuer), client_id, undefined, await proofs[auth](), {
  execute: [client.allowInsecureRequests],
});

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
const ended = await signIn(
  client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  }),
);
const tokens = await client.authorizationCodeGrant(config, ended, {
  pkceCodeVerifier,
  expectedState,
  expectedNonce,
  idTokenExpected: true,
});
const { sub } = tokens.claims();
const person = await client.fetchUserInfo(config, tokens.access_token, sub);
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
const reused = await client.refreshTokenGrant(config, tokens.refresh_token).catch((error) => error.error);
const introspected = auth === "none" ? null : await client.tokenIntrospection(config, renewed.access_token);
const own = auth === "none" ? null : await client.clientCredentialsGrant(config, {});
const active = own && (await client.tokenIntrospection(config, own.access_token)).active;
await client.tokenRevocation(config, renewed.refresh_token);
const ending = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri, state: "bye" });
tell({ sub, person, renewed: renewed.claims()?.sub, reused, introspected, active, ending: ending.href });
process.exit(0);

async function privateKey(jwk) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return { key: await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]), kid: jwk.kid };
}
