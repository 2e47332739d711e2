"use strict";
(() => {
  const root = document.documentElement, button = document.getElementById("theme"), KEY = "drapto-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const keep = (value) => { try { localStorage.setItem(KEY, value); } catch { /* for this page alone, then */ } };
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`); };
  const known = kept();
  if (known === "dark" || known === "light") root.dataset.theme = known;
  name();
  button.hidden = false;
  system.addEventListener("change", name);
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; keep(root.dataset.theme); name(); });

  for (const scene of document.querySelectorAll(".scene")) {
    const pair = scene.querySelector(".pair"), slider = scene.querySelector("input");
    const show = () => {
      pair.style.setProperty("--cut", `${slider.value}%`);
      slider.setAttribute("aria-valuetext", `${slider.value} % source`);
    };
    const follow = (event) => {
      const box = pair.getBoundingClientRect();
      slider.value = Math.round(100 * (event.clientX - box.left) / box.width);
      show();
    };
    slider.addEventListener("input", show);
    pair.addEventListener("pointerdown", (event) => { event.preventDefault(); pair.setPointerCapture(event.pointerId); follow(event); });
    pair.addEventListener("pointermove", (event) => { if (pair.hasPointerCapture(event.pointerId)) follow(event); });
    show();
  }
})();
