// Filters for long lists, and buttons that copy code. Without this script, the lists are whole.
"use strict";

(() => {
  const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

  // Shows the items that hold every word, and hides the headings that have none left.
  const filter = (items, groups, query) => {
    const words = wordsOf(query);
    for (const item of items) {
      const text = (item.lcText ??= item.textContent.toLowerCase());
      item.classList.toggle("lc-hidden", !words.every((word) => text.includes(word)));
    }
    for (const group of groups) {
      group.classList.toggle("lc-hidden", words.length > 0 && !group.querySelector("li:not(.lc-hidden)"));
    }
  };

  const serve = (input) => {
    const isIndex = input.classList.contains("lc-filter-tables");
    const items = isIndex
      ? [...document.querySelectorAll("ul.lc-list > li")]
      : [...input.nextElementSibling.querySelectorAll("tbody > tr")];
    const groups = isIndex ? [...document.querySelectorAll(".lakecat-index section")] : [];
    const apply = () => filter(items, groups, input.value);
    input.hidden = false;
    input.addEventListener("input", () => {
      apply();
      if (!isIndex) return;
      const url = new URL(location.href);
      if (input.value) url.searchParams.set("filter", input.value);
      else url.searchParams.delete("filter");
      history.replaceState(null, "", url);
    });
    if (isIndex) {
      input.value = new URLSearchParams(location.search).get("filter") ?? "";
      apply();
    }
  };

  document.querySelectorAll("input.lc-filter").forEach(serve);

  // Pages that are opened from a folder may have no clipboard of their own.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const focused = document.activeElement;
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const copied = document.execCommand("copy");
      field.remove();
      focused?.focus({ preventScroll: true });
      return copied;
    }
  };

  for (const button of document.querySelectorAll("button.lc-copy")) {
    const code = [...button.parentElement.querySelectorAll("pre")].map((pre) => pre.textContent.trim());
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.textContent = (await copy(code.join("\n\n"))) ? "Copied" : "Not copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }
})();
