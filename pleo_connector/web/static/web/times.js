// Times are sent in UTC; here they become the reader's own. Without this script UTC stays.
// A reader who chose a time zone gets its times from the server, and nothing is done here.
"use strict";
(() => {
  if (document.documentElement.dataset.zone) return;
  const lang = document.documentElement.lang;
  const locale = lang === "en" ? "en-GB" : lang;
  const today = new Date().toDateString();
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const full = new Intl.DateTimeFormat(locale, {
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
