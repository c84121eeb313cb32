// What a page gains from scripts. Everything works without them, in more steps.
"use strict";

(() => {
  const CONTEXT = 32; // code points before and after a quote, as the server keeps them
  const points = (text) => [...text]; // offsets count code points, not UTF-16 units

  // Select words in a passage: a button takes them to the comment form.

  const quoteForm = () => document.getElementById("quote-form");
  let button = null;
  let chosen = null;

  function within(range, element) {
    const part = document.createRange();
    part.selectNodeContents(element);
    if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) {
      part.setStart(range.startContainer, range.startOffset);
    }
    if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) {
      part.setEnd(range.endContainer, range.endOffset);
    }
    return part;
  }

  function selectedQuote() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const start = range.startContainer;
    const from = start.nodeType === Node.TEXT_NODE ? start.parentElement : start;
    const text = from.closest(".passage[data-passage] .passage-text");
    if (!text) return null;

    // A triple click also takes the beginning of what follows; only words count.
    const quoted = within(range, text);
    const texts = document.querySelectorAll(".passage[data-passage] .passage-text");
    for (const other of texts) {
      if (other !== text && range.intersectsNode(other) && within(range, other).toString().trim()) {
        return null; // Words of several passages are not one quote.
      }
    }

    const before = document.createRange();
    before.setStart(text, 0);
    before.setEnd(quoted.startContainer, quoted.startOffset);
    const words = quoted.toString();
    const bare = words.trim();
    if (!bare) return null;
    const lead = words.length - words.trimStart().length;
    const first = points(before.toString() + words.slice(0, lead)).length;
    const last = first + points(bare).length;
    const all = points(text.textContent);
    return {
      passage: text.closest(".passage"),
      fields: {
        passage: text.closest(".passage").dataset.passage,
        quote: bare,
        prefix: all.slice(Math.max(0, first - CONTEXT), first).join(""),
        suffix: all.slice(last, last + CONTEXT).join(""),
        start: first,
        end: last,
      },
    };
  }

  function offerQuote() {
    if (!quoteForm()) return;
    const found = selectedQuote();
    if (!found) {
      // Tapping the button ends the selection first on some touch screens.
      if (button && document.activeElement !== button) button.hidden = true;
      return;
    }
    chosen = found;
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "ds-button comment-selection";
      button.textContent = document.body.dataset.quote;
      button.addEventListener("pointerdown", (event) => event.preventDefault());
      button.addEventListener("click", sendQuote);
    }
    // After the passage in reading order, so that Tab goes there from the selection.
    if (button.parentElement !== found.passage) found.passage.append(button);
    button.hidden = false;
  }

  function sendQuote() {
    const form = quoteForm();
    if (!form || !chosen) return;
    for (const [name, value] of Object.entries(chosen.fields)) {
      form.elements.namedItem(name).value = value;
    }
    form.requestSubmit();
  }

  let waiting = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offerQuote, 150);
  });

  // Ask before what cannot be undone. First of all listeners, so before htmx too.

  addEventListener(
    "submit",
    (event) => {
      const asking = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
      if (asking && !confirm(asking)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );

  // Keep what is typed in <form data-keep> until it has been sent, in this tab only. A
  // value of data-keep tells forms apart that are sent to the same address.

  const KEPT = "samrad kept ";
  const SENT = "samrad sent ";
  const keyOf = (form) =>
    `${KEPT}${new URL(form.action, location.href).pathname} ${form.dataset.keep}`;
  const keeps = (field) =>
    field.name && field.matches("textarea, input[type=text], input[type=email]");
  let unsent = false;

  function keep(form) {
    const typed = {};
    for (const field of form.elements) {
      if (keeps(field) && field.value !== field.defaultValue) typed[field.name] = field.value;
    }
    unsent = Object.keys(typed).length > 0;
    if (unsent) sessionStorage.setItem(keyOf(form), JSON.stringify(typed));
    else sessionStorage.removeItem(keyOf(form));
  }

  function restore(root) {
    for (const form of root.querySelectorAll("form[data-keep]")) {
      const typed = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "{}");
      for (const field of form.elements) {
        // What the server gave back is newer than what was kept here.
        if (keeps(field) && !field.value && typed[field.name]) {
          field.value = typed[field.name];
          unsent = true;
        }
      }
    }
  }

  function forget(prefix) {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(prefix)) sessionStorage.removeItem(key);
    }
  }

  function sent(form) {
    sessionStorage.setItem(SENT + keyOf(form), "1");
  }

  // A page that was navigated to after sending means that it arrived; going back or
  // loading again may mean that it did not.
  function forgetSent() {
    if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(SENT)) sessionStorage.removeItem(key.slice(SENT.length));
    }
    forget(SENT);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-keep]");
    if (form) keep(form);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-forget]")) forget("samrad ");
    else if (event.target.matches("[data-keep]")) {
      unsent = false;
      // A button with another address, such as a preview, does not send it for good.
      if (!event.submitter?.hasAttribute("formaction")) sent(event.target);
    }
  });
  addEventListener("beforeunload", (event) => {
    if (unsent) event.preventDefault();
  });

  // htmx: a form that it sent stays on the page, and its answer is put in.
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    const form = ctx.sourceElement.closest?.("form[data-keep]");
    if (!form) return;
    if (ctx.response.status < 400) sessionStorage.removeItem(keyOf(form));
    else keep(form);
  });

  // What scrolls sideways, such as a wide table, can be scrolled by keyboard too.

  const reached = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  function reachScrolling(root) {
    const scrolling = ".table-wrap, .table, .code, pre";
    for (const element of root.querySelectorAll(scrolling)) reached.observe(element);
  }

  // What hangs over the text goes away with Escape, or when the focus goes on: it could
  // hide where one is.

  const hanging = () =>
    [...document.querySelectorAll("details.beside[open]")].filter(
      (one) => getComputedStyle(one.querySelector(".beside-list")).position === "absolute",
    );
  document.addEventListener("focusin", ({ target }) => {
    for (const one of hanging()) if (!one.contains(target)) one.open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const one of hanging()) {
      one.open = false;
      one.querySelector("summary").focus();
    }
  });

  // A long outline that scrolls by itself begins where one is in the text.

  function showPlace() {
    const outline = document.querySelector(".outline");
    const place = outline?.querySelector("[aria-current]");
    if (place) outline.scrollTop = place.offsetTop - outline.offsetTop - outline.clientHeight / 3;
  }

  // Tick or untick everything in a list: the box names the form that the list is in.

  function offerTickAll(root) {
    for (const all of root.querySelectorAll("[data-tick-all]")) all.hidden = false;
  }
  document.addEventListener("change", ({ target }) => {
    const all = target.closest("[data-tick-all]");
    if (!all) return;
    const list = document.querySelector(`#${all.dataset.tickAll} ul`);
    for (const box of list.querySelectorAll("input[type=checkbox]")) {
      box.checked = target.checked;
    }
  });

  function begin() {
    restore(document);
    reachScrolling(document);
    offerTickAll(document);
  }
  document.addEventListener("htmx:after:swap", begin);
  forgetSent();
  begin();
  showPlace();
})();
