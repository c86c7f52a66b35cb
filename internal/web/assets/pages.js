// Pages work without this. It brings the focus to what has to be put right,
// and warns before a sign-in ends.
"use strict";

document.getElementById("td-faults")?.focus();

const dialog = document.getElementById("td-timeout");
if (dialog) {
  const { warn, leave } = document.body.dataset;
  const begun = Date.now();
  let extended = 0;
  const passed = () => (Date.now() - begun) / 1000 - extended;
  const look = () => {
    if (passed() >= Number(leave)) location.assign("/sign-in?why=ended");
    else if (passed() >= Number(warn) && !dialog.open) dialog.showModal();
  };
  setInterval(look, 5000);
  document.addEventListener("visibilitychange", look);

  const form = dialog.querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) location.assign("/sign-in?why=ended");
    extended += passed();
    dialog.close();
  });
}
