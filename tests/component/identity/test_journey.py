"""From nothing to a token: sign up, confirm by mail, sign in, code, token; on the pages and over the JSON interface."""

from services.chassis.tokens import Keys, Verifier
from tests.component.identity.provider import PASSWORD, Provider, address

SIGN_UP = {"name": "Wanda Fry", "password": PASSWORD}


async def test_a_person_signs_up_confirms_signs_in_and_is_who_the_token_says(provider: Provider):
    email, browser = address(), await provider.browser()

    done = await browser.submit(await browser.http.get("/sign-up"), **SIGN_UP, email=email, terms_accepted="yes")
    assert (done.status_code, email in done.text) == (202, True)

    link = f"/verify-email?token={await provider.mailed_token(email)}"
    confirmed = await browser.submit(await browser.http.get(link))
    assert (confirmed.status_code, "confirmed" in confirmed.text) == (200, True)

    tokens = await browser.tokens_for(email, PASSWORD, scope="openid profile email", nonce="n-1")
    assert tokens.keys() == {"access_token", "expires_in", "id_token", "scope", "token_type"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)

    discovery = f"{provider.url}/.well-known/openid-configuration"
    actor = await Verifier(Keys(discovery), issuer=provider.url, audience=provider.url).verify(tokens["access_token"])
    me = await provider.http(headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert (await me.get("/v1/me")).json() == {
        "id": actor.id,
        "version": 1,
        "name": "Wanda Fry",
        "emails": [email],
        "roles": [],
    }
    told = {"sub": actor.id, "name": "Wanda Fry", "email": email, "email_verified": True}
    assert (await me.get("/oauth2/userinfo")).json() == told
    told_kinds = [event.type for event in await provider.told(actor.id)]
    assert told_kinds == ["account.registered.v1", "person.described.v1", "account.verified.v1"]
