// A button that copies: technical details, for the message to whoever is asked about them, with the
// page's address; or a value that is shown once, alone.
"use strict";
const { copy, copied } = document.currentScript.dataset;
for (const part of document.querySelectorAll("details.technical, .copied")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy btn btn-outline-secondary";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    const text = [...part.children].filter((child) => child !== button).map((x) => x.innerText);
    const head = part.matches("details") ? [location.href] : [];
    await navigator.clipboard.writeText([...head, ...text].join("\n"));
    button.textContent = copied;
  });
  part.append(button);
}
