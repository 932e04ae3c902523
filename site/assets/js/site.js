// Tables of class "sortable": each head becomes a button. A cell sorts by its data-sort, else by its text, numbers
// as numbers. Without this script the tables stay as they are written.
(() => {
  const value = (row, column) => {
    const cell = row.cells[column]
    const text = (cell.dataset.sort ?? cell.textContent).trim()
    const number = Number.parseFloat(text.replace(",", ""))
    return Number.isNaN(number) || !/^[-−\d]/.test(text) ? text.toLowerCase() : number
  }

  const order = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "") // what is empty comes last
    if (typeof a === "number" && typeof b === "number") return a - b
    return String(a).localeCompare(String(b), document.documentElement.lang)
  }

  const sort = (table, column, descending) => {
    const body = table.tBodies[0]
    const rows = [...body.rows].map((row, index) => ({ row, index, key: value(row, column) }))
    const sign = descending ? -1 : 1
    rows.sort((a, b) => {
      const empty = (a.key === "") - (b.key === "")
      return empty || sign * order(a.key, b.key) || a.index - b.index
    })
    body.append(...rows.map(({ row }) => row))
    for (const [index, head] of [...table.tHead.rows[0].cells].entries()) {
      if (index === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending")
      else head.removeAttribute("aria-sort")
    }
    table.dispatchEvent(new CustomEvent("sorted", { detail: { column, descending } }))
  }

  const prepare = (table) => {
    if (!table.tHead || table.tBodies[0].rows.length < 2) return
    for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
      if (!head.textContent.trim()) continue
      const button = document.createElement("button")
      button.type = "button"
      button.textContent = head.textContent
      head.replaceChildren(button)
      button.addEventListener("click", () => {
        sort(table, column, head.getAttribute("aria-sort") === "ascending")
      })
    }
  }

  document.querySelectorAll("table.sortable").forEach(prepare)
  window.sortTable = sort
})()

// The theme gives its search dialog no name.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search")
