// The limit the gateway is measured against: uWebSockets.js alone, JSON in, JSON out. Prints its address.
import { App, us_socket_local_port } from "uWebSockets.js"

App()
  .post("/echo", (response) => {
    const parts: Array<Buffer> = []
    response.onAborted(() => {})
    response.onData((chunk, last) => {
      parts.push(Buffer.from(chunk.slice(0)))
      if (!last) return
      const body = JSON.stringify(JSON.parse(Buffer.concat(parts).toString()))
      response.cork(() => response.writeHeader("Content-Type", "application/json").end(body))
    })
  })
  .listen("127.0.0.1", 0, (socket) => {
    if (socket === false) throw new Error("no free port")
    console.log(`http://127.0.0.1:${us_socket_local_port(socket)}`)
  })
