"use strict";
// Sorting: a click on a column's button sorts the rows below it, a second click the other way round.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, index) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((each) => each.hasAttribute("aria-sort") && each.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[index].dataset.value ?? row.cells[index].textContent.trim();
      const order = (one, other) => {
        const [a, b] = [key(one), key(other)];
        if (a === "" || b === "") return (a === "") - (b === ""); // what is missing stays at the end
        const numbers = [Number(a), Number(b)];
        const by = numbers.some(Number.isNaN) ? a.localeCompare(b) : numbers[0] - numbers[1];
        return up ? by : -by;
      };
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort(order));
    });
  });
}
// Dark or light: as the system says, until the button says otherwise. Where nothing may be stored, it is forgotten.
const root = document.documentElement;
const button = document.getElementById("theme");
const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const label = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `${button.textContent} colours`); };
const stored = (act) => { try { return act(localStorage); } catch { return null; } };
const before = stored((storage) => storage.getItem("gpreg-theme"));
if (before) root.dataset.theme = before;
button.addEventListener("click", () => {
  root.dataset.theme = dark() ? "light" : "dark";
  stored((storage) => storage.setItem("gpreg-theme", root.dataset.theme));
  label();
});
label();
button.hidden = false;
// What is folded away is printed, too.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
