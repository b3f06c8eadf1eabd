// A button that copies the technical details, for the message to whoever is asked about them.
"use strict";
const { copy, copied } = document.currentScript.dataset;
for (const part of document.querySelectorAll("details.technical")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy btn btn-outline-secondary";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    const text = [...part.children].filter((child) => child !== button).map((x) => x.innerText);
    await navigator.clipboard.writeText(`${location.href}\n${text.join("\n")}`);
    button.textContent = copied;
  });
  part.append(button);
}
