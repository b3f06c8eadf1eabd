// Times are sent in UTC; here they become the reader's own. Without this script UTC stays.
"use strict";
(() => {
  const today = new Date().toDateString();
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const full = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  });
  const localise = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.dateTime);
      time.textContent = (at.toDateString() === today ? clock : full).format(at);
      time.dataset.local = "";
    }
  };
  localise(document);
  document.addEventListener("htmx:afterSwap", () => localise(document));
})();
