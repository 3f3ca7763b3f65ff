"use strict";
// Words written into the page are kept in this browser, and saving the page keeps them for good.
const fields = document.querySelectorAll(".own [role=textbox]");
const place = (number) => `${location.pathname} ${document.title} ${number}`;

// A browser may forbid a page to keep anything.
function kept(number) {
  try { return localStorage.getItem(place(number)); } catch { return null; }
}

function keep(number, words) {
  try { localStorage.setItem(place(number), words); } catch { /* then saving the page is the way to keep them */ }
}

fields.forEach((field, number) => {
  if (field.contentEditable !== "plaintext-only") field.contentEditable = "true";
  const words = kept(number);
  if (words !== null) field.innerText = words;
  field.addEventListener("input", () => keep(number, field.innerText));
});

document.querySelector("footer button").addEventListener("click", () => {
  const status = document.querySelector("footer [role=status]");
  status.textContent = "";
  const page = new Blob(["<!doctype html>\n", document.documentElement.outerHTML], { type: "text/html" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(page);
  link.download = decodeURIComponent(location.pathname.split("/").pop()) || "report.html";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  status.textContent = status.dataset.saved;
});

// On paper nothing can be unfolded.
const folded = () => document.querySelectorAll("article.tune details");
addEventListener("beforeprint", () => folded().forEach((one) => { one.open = true; }));
addEventListener("afterprint", () => folded().forEach((one) => { one.open = false; }));
