// Copying an address is a convenience: without this file the page is whole, and addresses are selectable.
for (const button of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      const before = button.innerHTML;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.innerHTML = before; }, 1500);
    } catch {
      // The address stays selected.
    }
  });
}

// Proposals while somebody types; the search works without them.
for (const box of document.querySelectorAll("input[data-proposals]")) {
  let waiting;
  let asked;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(`${box.dataset.proposals}?q=${encodeURIComponent(box.value)}`, { signal: asked.signal });
        if (!answer.ok) return;
        const [, texts] = await answer.json();
        box.list.replaceChildren(...texts.map((text) => new Option(text, text)));
      } catch {
        // What was there stays.
      }
    }, 200);
  });
}
