/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for each page: functions that return what is wrong, as lists of text. They run in the page. */

"use strict";

window.pageChecks = (() => {
  const describe = (element) => {
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.localName}${element.className ? " class=" + element.getAttribute("class") : ""}> ${text}`;
  };

  const isShown = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true});

  /* ---- contrast ---- */

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext("2d", {willReadFrequently: true});

  /* Of CSS, as red, green, blue and opacity from 0 to 1. */
  const colourOf = (text) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = text;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };

  const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3]));

  const backgroundOf = (element) => {
    const own = colourOf(getComputedStyle(element).backgroundColor);
    if (own[3] === 1)
      return own;
    const below = element.parentElement ? backgroundOf(element.parentElement) : [1, 1, 1, 1];
    return [...over(own, below), 1];
  };

  const luminance = (colour) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.slice(0, 3).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  /* WCAG AA. Elements of the same look are checked once. */
  const lowContrast = () => {
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !isShown(element) || element.closest("script, style, .hidden-text, .skip"))
        continue;
      const style = getComputedStyle(element);
      const back = backgroundOf(element);
      const key = [style.color, back, style.fontSize, style.fontWeight].join();
      if (found.has(key))
        continue;
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = contrast(over(colourOf(style.color), back), back);
      found.set(key, ratio < (isLarge ? 3 : 4.5) ? `${ratio.toFixed(2)}: ${describe(element)}` : null);
    }
    return [...found.values()].filter(Boolean);
  };

  /* ---- structure ---- */

  const brokenLinks = () => [...document.querySelectorAll('a[href^="#"]')]
    .filter((link) => !document.getElementById(decodeURIComponent(link.hash.slice(1))))
    .map((link) => link.getAttribute("href"));

  const doubleIds = () => {
    const seen = new Set();
    return [...document.querySelectorAll("[id]")].map((element) => element.id)
      .filter((id) => seen.has(id) || !seen.add(id));
  };

  const skippedHeadings = () => {
    const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(isShown);
    const wrong = levels.filter((heading, i) => {
      const before = i === 0 ? 0 : Number(levels[i - 1].localName[1]);
      return Number(heading.localName[1]) > before + 1;
    });
    return wrong.map(describe);
  };

  /* What a person must be able to name, and cannot. */
  const toName = "a[href], button, input, select, summary, svg[role=img], [role=region]";
  const nameless = () => [...document.querySelectorAll(toName)]
    .filter((element) => isShown(element) && !element.closest("[aria-hidden=true]"))
    .filter((element) => !(element.getAttribute("aria-label") || element.textContent.trim() ||
                           element.labels?.[0]?.textContent.trim()))
    .map(describe);

  /* Hidden from those who hear the page, but reached by the keyboard. */
  const unheard = () => [...document.querySelectorAll("[aria-hidden=true]")]
    .flatMap((hidden) => [hidden, ...hidden.querySelectorAll("*")])
    .filter((element) => element.tabIndex >= 0 && isShown(element)).map(describe);

  /* Wider than the window. */
  const overflow = () => {
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth)
      return [];
    return [...document.body.querySelectorAll("*")]
      .filter((element) => element.getBoundingClientRect().right > page.clientWidth + 1 && isShown(element))
      .map(describe).slice(0, 5);
  };

  /* What scrolls, but not by the keyboard. */
  const stuck = () => [...document.body.querySelectorAll("*")]
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && isShown(element) &&
                         ["auto", "scroll"].includes(getComputedStyle(element).overflowX))
    .filter((element) => element.tabIndex < 0 && !element.querySelector("a[href], button, summary, [tabindex='0']"))
    .map(describe);

  /* ---- focus ---- */

  /* The element with the focus: its place in the document, and whether its outline is to be seen. */
  const focused = () => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    return {
      place: [...document.querySelectorAll("*")].indexOf(element),
      is_body: element === document.body,
      outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
      what: describe(element),
    };
  };

  const everywhere = {brokenLinks, doubleIds, skippedHeadings, nameless, unheard, stuck};

  return {
    focused,
    structure: () => Object.entries(everywhere).flatMap(([name, check]) => check().map((what) => `${name}: ${what}`)),
    looks: () => [...lowContrast().map((what) => "contrast " + what), ...overflow().map((what) => "overflow: " + what)],
  };
})();
