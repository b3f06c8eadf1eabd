// Keeps the progress of a running export current; slower while the page is hidden.
"use strict";
const box = document.getElementById("running");
async function refresh() {
  try {
    const answer = await fetch("/export/progress", { redirect: "error" });
    const html = await answer.text();
    if (!answer.ok || !html.includes("<progress")) {
      location.reload();
      return;
    }
    if (!box.contains(document.activeElement)) {
      box.innerHTML = html;
    }
  } catch {
    // The simulator restarts or is gone; the next round tries again.
  }
  setTimeout(refresh, document.hidden ? 15000 : 1500);
}
setTimeout(refresh, 1500);
