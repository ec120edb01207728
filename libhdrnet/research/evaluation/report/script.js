"use strict";
const scenes = JSON.parse(document.getElementById("views").textContent);

for (const viewer of document.querySelectorAll(".viewer")) {
  const views = scenes[Number(viewer.dataset.scene)];
  const find = (name) => viewer.querySelector(name);
  const [left, right, exposure, detail, divider] = [".left", ".right", ".exposure", ".detail", ".divider"].map(find);
  const renderings = [...new Set(Object.values(views).flatMap((view) => Object.keys(view.whole)))];
  exposure.max = renderings.length - 1;
  if (renderings.length < 2) find(".exposures").style.display = "none";

  const show = () => {
    const rendering = renderings[Number(exposure.value)];
    const size = detail.checked ? "detail" : "whole";
    const fill = (image, name) => {
      const made = views[name][size];
      image.src = made[rendering] ?? Object.values(made)[0];
      image.alt = `${name}, ${rendering in made ? rendering : "as it is"}${detail.checked ? ", detail" : ""}`;
    };
    fill(find(".under"), left.value);
    fill(find(".over"), right.value);
    find(".stage").classList.toggle("close", detail.checked);
    find("output").textContent = rendering;
    exposure.setAttribute("aria-valuetext", rendering);
    find(".left-name").textContent = `◂ ${left.value}`;
    find(".right-name").textContent = `${right.value} ▸`;
  };
  const divide = () => {
    find(".over").style.clipPath = `inset(0 0 0 ${divider.value}%)`;
    find(".line").style.left = `${divider.value}%`;
    divider.setAttribute("aria-valuetext", `${divider.value} percent ${left.value}`);
  };
  for (const control of [left, right, exposure, detail]) control.addEventListener("input", () => { show(); divide(); });
  divider.addEventListener("input", divide);
  show();
  divide();
}
