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
