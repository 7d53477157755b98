// Runs the search of a built site outside a browser: its own language_data.js, searchtools.js and searchindex.js, in the
// order in which its search page loads them. Reads a JSON list of queries and writes the hits of each, best first.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const site = process.argv[2];
const queries = JSON.parse(fs.readFileSync(0, "utf8"));

// As much of a browser as the scripts touch while they load and rank.
const element = () => ({ append() {}, appendChild: (child) => child, classList: { add() {} }, dataset: {}, remove() {} });
const document = {
  addEventListener() {},
  body: element(),
  createElement: element,
  documentElement: element(),
  getElementById: () => null,
  querySelectorAll: () => [],
  readyState: "loading",
};
const context = vm.createContext({
  document,
  localStorage: { setItem() {} },
  location: { search: "" },
  URLSearchParams,
  SPHINX_HIGHLIGHT_ENABLED: false,
  _: (text) => text,
  _ready() {},
  console,
});
context.window = context; // as in a browser: what is set on it is a global name
context.Documentation = { gettext: (text) => text };

const page = fs.readFileSync(path.join(site, "search.html"), "utf8");
const loaded = [...page.matchAll(/<script[^>]* src="([^"?]+)/g)].map((match) => match[1]);
const needed = ["language_data.js", "searchtools.js", "searchindex.js"];
for (const file of loaded.filter((name) => needed.some((end) => name.endsWith(end)))) {
  vm.runInContext(fs.readFileSync(path.join(site, file), "utf8"), context, { filename: file });
}

const answers = {};
for (const query of queries) {
  context.query = query;
  const hits = vm.runInContext("Search._performSearch(...Search._parseQuery(query))", context);
  // The page takes hits from the end of the list.
  answers[query] = [...hits].reverse().map(([docname, title, anchor, , score, , kind]) => ({
    docname, title, anchor, score, kind,
  }));
}
process.stdout.write(JSON.stringify(answers));
