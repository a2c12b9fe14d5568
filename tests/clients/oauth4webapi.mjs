// npm oauth4webapi, as its documents say, with every check it has: also of the signatures, and of the access token as a
// resource server that it protects would check it (RFC 9068).
import * as oauth from "oauth4webapi";
import { signIn, tell, told } from "./conversation.mjs";

const { issuer, client_id, secret, key, auth, redirect_uri, audience } = await told();
const insecure = { [oauth.allowInsecureRequests]: true };
const proofs = {
  none: () => oauth.None(),
  client_secret_basic: () => oauth.ClientSecretBasic(secret),
  client_secret_post: () => oauth.ClientSecretPost(secret),
  private_key_jwt: async () => oauth.PrivateKeyJwt(await privateKey(key)),
};
const where = new URL(issuer);
const as = await oauth.processDiscoveryResponse(where, await oauth.discoveryRequest(where, insecure));
const plain = await oauth.processDiscoveryResponse(
  where,
  await oauth.discoveryRequest(where, { ...insecure, algorithm: "oauth2" }),
);
const client = { client_id };
const proof = await proofs[auth]();

const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const url = new URL(as.authorization_endpoint);
url.search = new URLSearchParams({
  client_id,
  redirect_uri,
  response_type: "code",
  scope: "openid profile email offline_access",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
const answer = oauth.validateAuthResponse(as, client, await signIn(url), state);
const response = await oauth.authorizationCodeGrantRequest(as, client, proof, answer, redirect_uri, verifier, insecure);
const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
  expectedNonce: nonce,
  requireIdToken: true,
});
await oauth.validateApplicationLevelSignature(as, response, insecure);
const { sub } = oauth.getValidatedIdTokenClaims(tokens);

const protectedCall = new Request(`${issuer}/`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
const accessed = await oauth.validateJwtAccessToken(as, protectedCall, audience, insecure);
const person = await oauth.processUserInfoResponse(
  as,
  client,
  sub,
  await oauth.userInfoRequest(as, client, tokens.access_token, insecure),
);
const again = await oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token, insecure);
const renewed = await oauth.processRefreshTokenResponse(as, client, again);
await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, proof, renewed.refresh_token, insecure),
);
const gone = await oauth
  .processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, renewed.access_token, insecure))
  .catch((error) => error.status);
const active = auth === "none" ? null : await introspected();
tell({ sub, person, accessed: accessed.sub, plain: plain.issuer, gone, active });
process.exit(0);

async function introspected() {
  const asked = await oauth.clientCredentialsGrantRequest(as, client, proof, new URLSearchParams(), insecure);
  const own = await oauth.processClientCredentialsResponse(as, client, asked);
  const shown = await oauth.introspectionRequest(as, client, proof, own.access_token, insecure);
  return (await oauth.processIntrospectionResponse(as, client, shown)).active;
}

async function privateKey(jwk) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return { key: await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]), kid: jwk.kid };
}
