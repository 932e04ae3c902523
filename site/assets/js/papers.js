// The table of papers or of claims: filters above it, the count announced, the state in the address so that it can
// be shared.
(() => {
  const form = document.getElementById("filters")
  const table = document.querySelector("#paper-table, #claim-table")
  if (!form || !table) return
  const rows = [...table.tBodies[0].rows]
  const texts = new Map(rows.map((row) => [row, plain(`${row.textContent} ${row.dataset.text ?? ""}`)]))
  const counted = document.getElementById("counted")
  const none = document.getElementById("none")

  // Letters without their marks: "munos" finds "Munos" and "altche" finds "Altché".
  function plain(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
  }

  const chosen = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()))

  const fits = (row, wanted) =>
    Object.entries(wanted).every(([name, value]) => {
      if (name === "q") return plain(value).split(/\s+/).every((word) => texts.get(row).includes(word))
      return (row.dataset[name] ?? "").split(" ").includes(value)
    })

  const show = () => {
    const wanted = chosen()
    let shown = 0
    for (const row of rows) {
      row.hidden = !fits(row, wanted)
      shown += !row.hidden
    }
    const noun = table.id.replace("-table", rows.length === 1 ? "" : "s")
    counted.textContent = shown === rows.length ? `${shown} ${noun}` : `${shown} of ${rows.length} ${noun}`
    none.hidden = shown > 0
    return wanted
  }

  const remember = (wanted) => {
    const query = new URLSearchParams(wanted)
    const sorted = table.dataset.sorted
    if (sorted) query.set("sort", sorted)
    const text = query.toString()
    history.replaceState(null, "", text ? `?${text}${location.hash}` : location.pathname + location.hash)
  }

  const restore = () => {
    const query = new URLSearchParams(location.search)
    for (const field of form.elements) {
      if (!field.name || !query.has(field.name)) continue
      if (field.type === "checkbox") field.checked = query.get(field.name) === field.value
      else field.value = query.get(field.name)
    }
    const sorted = /^(-?)(\d+)$/.exec(query.get("sort") ?? "")
    if (sorted && Number(sorted[2]) < table.tHead.rows[0].cells.length) {
      table.dataset.sorted = sorted[0]
      window.sortTable(table, Number(sorted[2]), sorted[1] === "-")
    }
  }

  const update = () => remember(show())
  const clear = () => {
    form.reset()
    update()
  }

  form.hidden = false
  restore()
  show()
  form.addEventListener("input", update)
  form.addEventListener("submit", (event) => event.preventDefault())
  form.addEventListener("reset", () => setTimeout(update))
  document.getElementById("none-clear").addEventListener("click", clear)
  table.addEventListener("sorted", ({ detail }) => {
    table.dataset.sorted = `${detail.descending ? "-" : ""}${detail.column}`
    remember(chosen())
  })
})()
