// An application of somebody else's in a browser, on another origin, with npm oidc-client-ts. What it is told stands in
// the query of its first page; the test calls what hangs on `app`.
"use strict";

const told = new URLSearchParams(location.search);
for (const name of ["authority", "client_id"]) if (told.has(name)) sessionStorage[name] = told.get(name);

const users = new oidc.UserManager({
  authority: sessionStorage.authority,
  client_id: sessionStorage.client_id,
  redirect_uri: `${location.origin}/callback`,
  silent_redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: "openid profile email offline_access",
  loadUserInfo: true,
  automaticSilentRenew: false,
  silentRequestTimeoutInSeconds: 120, // the machine may be busy with other tests
});
const seen = (user) => user && { sub: user.profile.sub, name: user.profile.name, token: user.access_token };

const app = {
  users,
  signIn: () => users.signinRedirect(),
  user: async () => seen(await users.getUser()),
  renew: async () => seen(await users.signinSilent()),
  /** Without its refresh token the library asks in a hidden frame, with `prompt=none`. */
  async renewInFrame() {
    const user = await users.getUser();
    user.refresh_token = undefined;
    await users.storeUser(user);
    return users.signinSilent().then(seen, (error) => ({ refused: error.error ?? error.message }));
  },
  signOut: () => users.signoutRedirect(),
};

const show = (text) => (document.querySelector("[role=status]").textContent = text);

if (location.pathname === "/callback") {
  users
    .signinCallback()
    .then(async (user) => user && show(`${user.profile.name} is signed in.`))
    .catch((error) => show(`Failed: ${error.message}`));
}
