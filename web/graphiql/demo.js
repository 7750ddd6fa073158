// What the server tells the page in demo mode: `apiKey`, `orderNumber`, `references`.
// It is a data block, which is not a script: the page's policy allows no inline script.
const block = document.getElementById("partnergraph-demo");

export const demo = block ? JSON.parse(block.textContent) : {};
