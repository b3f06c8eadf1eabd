// Asks for progress every 2 s, every 10 s while the page is hidden, until the run is over.
"use strict";
(() => {
  let timer = 0;
  const next = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, document.hidden ? 10000 : 2000);
  };
  const ask = () => {
    const part = document.querySelector("[data-poll]");
    if (!part) return;
    part.dispatchEvent(new Event("poll"));
    next();
  };
  // When more entries are done, the table is read again, unless somebody is busy in it.
  let done = document.querySelector("[data-done]")?.dataset.done;
  document.addEventListener("htmx:afterSwap", () => {
    const now = document.querySelector("[data-done]")?.dataset.done;
    const entries = document.querySelector("#entries");
    if (now === done || !entries || entries.contains(document.activeElement)) return;
    done = now;
    const swap = { target: "#entries", select: "#entries", swap: "outerHTML" };
    window.htmx.ajax("GET", location.href, swap);
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? next() : ask()));
  next();
})();
