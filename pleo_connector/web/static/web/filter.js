// A field above each long list of accounts: typing leaves only the accounts that match.
"use strict";
const { search } = document.currentScript.dataset;
for (const select of document.querySelectorAll("select")) {
  if (select.options.length < 30 || select.disabled) continue;
  const all = [...select.options].slice(1);
  const field = document.createElement("input");
  field.type = "search";
  field.className = "filter form-control";
  field.placeholder = search;
  field.setAttribute("aria-label", `${search}: ${select.labels[0]?.textContent.trim() ?? ""}`);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let first = null;
    for (const option of all) {
      option.hidden = !option.text.toLowerCase().includes(wanted);
      if (!option.hidden && !first) first = option;
    }
    for (const group of select.querySelectorAll("optgroup")) {
      group.hidden = [...group.children].every((option) => option.hidden);
    }
    // What is chosen stays, as long as it matches.
    const chosen = select.selectedOptions[0];
    if (wanted && first && (chosen.hidden || !chosen.value)) select.value = first.value;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  select.before(field);
}
