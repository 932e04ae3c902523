// Browsers refuse to start a worker from a file on disk, and search runs in one. Opened from disk, a hidden
// frame plays the worker: the same scripts, the same messages. Served over http nothing changes.
if (location.protocol === "file:") {
  const mends = new URL("search-worker.js", document.currentScript.src)
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.waiting = []
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.title = "search"
      document.documentElement.append(frame)
      this.frame = frame
      const scope = frame.contentWindow
      const answer = (data) => {
        const event = new MessageEvent("message", { data })
        this.dispatchEvent(event)
        if (this.onmessage) this.onmessage(event)
      }
      scope.postMessage = answer
      // The worker's own loader of further scripts; it may be awaited there.
      scope.importScripts = (...urls) =>
        urls.reduce((before, next) => before.then(() => load(scope, next)), Promise.resolve())
      this.ready = load(scope, mends).then(() => load(scope, url))
    }
    postMessage(data) {
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })))
    }
    terminate() {
      this.frame.remove()
    }
  }
  const load = (scope, url) =>
    new Promise((done, failed) => {
      const script = scope.document.createElement("script")
      script.src = url
      script.onload = done
      script.onerror = failed
      scope.document.documentElement.append(script)
    })
}
