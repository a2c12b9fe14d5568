// Gives each form with `data-passkey` its button, where the browser knows passkeys. Without this script the pages work
// with passwords and codes.
"use strict";

const knows = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;

for (const form of knows ? document.querySelectorAll("form[data-passkey]") : []) {
  const button = document.createElement("button");
  const said = document.createElement("p");
  button.type = "button";
  button.className = "second";
  button.textContent = form.dataset.label;
  said.setAttribute("role", "status");
  said.hidden = true;
  button.addEventListener("click", () => use(form, button, said));
  form.append(button, said);
}

async function use(form, button, said) {
  button.disabled = true;
  said.hidden = true;
  try {
    const answer = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) throw new Error("refused");
    const options = await answer.json();
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    said.textContent = form.dataset.failed;
    said.hidden = false;
    button.disabled = false;
  }
}
