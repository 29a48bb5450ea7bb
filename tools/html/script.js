/* SPDX-License-Identifier: Apache-2.0 */
/* What pages can do with scripts; each works or is readable without.

   .explorer           #bN are the bytes of field N and #fN is its row: hovering or focusing either marks both, a click
                       selects both and scrolls to the other. Arrow keys move between rows and open or close them.
   [data-filter=LIST]  a search field that hides the elements [data-words] in #LIST that lack a word; its result is
                       counted in #LIST-count.
   [data-open=AREA]    a button that opens all <details> in #AREA, or closes them if all are open.
   #ID                 a <details> that is linked, or that contains what is linked, opens. */

"use strict";

(() => {
  const first = (selector, within) => (within || document).querySelector(selector);
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];

  /* ---- bytes and fields ---- */

  const isField = (id) => /^[bf]\d+$/.test(id);

  /* The number of the field, behind the letter of an id; null outside of fields. */
  const fieldAt = (target) => {
    const part = target.closest(".hex > a, .row");
    return part && isField(part.id) ? part.id.slice(1) : null;
  };

  const partsOf = (field) => [document.getElementById("b" + field), document.getElementById("f" + field)];

  const rowOf = (item) => first(":scope > .row, :scope > details > summary > .row", item);

  let selected = null;
  let shown = [];

  const show = (field) => {
    shown.forEach((part) => part.classList.remove("on"));
    shown = field === null ? [] : partsOf(field).filter(Boolean);
    shown.forEach((part) => part.classList.add("on"));
  };

  const reveal = (part) => {
    for (let box = part.closest("details"); box; box = box.parentElement.closest("details"))
      if (!first(":scope > summary", box).contains(part))
        box.open = true;
    const pane = part.closest(".bytes");
    if (!pane) {
      part.scrollIntoView({block: "nearest"});
      return;
    }
    const outer = pane.getBoundingClientRect();
    const inner = part.getBoundingClientRect();
    if (inner.top < outer.top || inner.bottom > outer.bottom)
      pane.scrollTop += inner.top - outer.top - outer.height / 3;
  };

  const select = (field, from) => {
    selected = field;
    show(field);
    partsOf(field).filter((part) => part && part !== from).forEach(reveal);
    history.replaceState(null, "", "#f" + field);
  };

  const onExplorer = (event, act) => {
    const target = event.target instanceof Element && event.target.closest(".explorer") ? event.target : null;
    act(target === null ? null : fieldAt(target), target);
  };

  document.addEventListener("mouseover", (event) => onExplorer(event, (field) => show(field || selected)));
  document.addEventListener("focusin", (event) => onExplorer(event, (field) => {
    if (field !== null)
      show(field);
  }));

  document.addEventListener("click", (event) => onExplorer(event, (field, target) => {
    const link = target && target.closest("a");
    if (field === null || !link || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    event.preventDefault();
    const [bytes, row] = partsOf(field);
    select(field, target.closest(".hex") ? bytes : row);
  }));

  /* ---- keys in the tree ---- */

  const isVisible = (item) => {
    const box = item.parentElement.closest("details");
    return !box || (box.open && isVisible(box));
  };

  const moveFrom = (item, key) => {
    const items = all("li", item.closest(".fields")).filter((one) => rowOf(one) && isVisible(one));
    const at = items.indexOf(item);
    return {ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items[items.length - 1]}[key];
  };

  /* Opens or closes a row; at a closed or childless one, left leads to the row that contains it. */
  const fold = (item, key) => {
    const box = first(":scope > details", item);
    const open = key === "ArrowRight";
    if (box && box.open !== open)
      box.open = open;
    else
      return open ? box && first("li", box) : item.parentElement.closest("li");
    return item;
  };

  const focusOn = (item) => {
    const place = first(":scope > .row a, :scope > details > summary", item);
    if (place)
      place.focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      selected = null;
      show(null);
    }
    const row = event.target instanceof Element ? event.target.closest(".fields .row, .fields summary") : null;
    if (!row || event.altKey || event.ctrlKey || event.metaKey)
      return;
    const item = row.closest("li");
    const horizontal = event.key === "ArrowLeft" || event.key === "ArrowRight";
    const next = horizontal ? fold(item, event.key) : moveFrom(item, event.key);
    if (!next)
      return;
    event.preventDefault();
    focusOn(next);
  });

  /* ---- search ---- */

  const search = (field) => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const list = document.getElementById(field.dataset.filter);
    let count = 0;
    for (const item of all("[data-words]", list)) {
      const fits = words.every((word) => item.dataset.words.includes(word));
      item.hidden = !fits;
      count += fits;
    }
    for (const group of all("[data-group]", list))
      group.hidden = !first("[data-words]:not([hidden])", group);
    const counter = document.getElementById(field.dataset.filter + "-count");
    if (counter)
      counter.textContent = words.length === 0 ? "" : count === 1 ? "1 found" : count + " found";
  };

  for (const field of all("[data-filter]")) {
    field.closest("[hidden]")?.removeAttribute("hidden");
    field.addEventListener("input", () => search(field));
    search(field);
  }

  document.addEventListener("keydown", (event) => {
    const field = first("[data-filter]");
    if (event.key !== "/" || !field || event.target.matches("input, textarea, select"))
      return;
    event.preventDefault();
    field.focus();
  });

  /* ---- <details> ---- */

  for (const button of all("[data-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const boxes = all("details", document.getElementById(button.dataset.open));
      const open = boxes.some((box) => !box.open);
      boxes.forEach((box) => {
        box.open = open;
      });
    });
  }

  const openTarget = () => {
    const id = location.hash.slice(1);
    const target = id ? document.getElementById(id) : null;
    if (!target)
      return;
    if (isField(id)) {
      select(id.slice(1), null);
      return;
    }
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details"))
      box.open = true;
    target.scrollIntoView();
  };

  window.addEventListener("hashchange", openTarget);
  window.addEventListener("beforeprint", () => all(".explorer details").forEach((box) => {
    box.open = true;
  }));
  openTarget();
})();
