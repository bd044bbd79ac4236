"""The page's only script: buttons and navigation. The page is complete without it."""

SCRIPT = """
const tools = document.getElementById("_tools");
tools.hidden = false;
tools.addEventListener("click", (event) => {
  const wanted = event.target.dataset.do;
  if (wanted === "print") print();
  else if (wanted)
    for (const card of document.querySelectorAll("details.card")) card.open = wanted === "open";
});
// For browsers that do not open a closed card when a link leads into it.
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const card = target && target.closest("details.card");
  if (card && !card.open) {
    card.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", reveal);
reveal();
"""
