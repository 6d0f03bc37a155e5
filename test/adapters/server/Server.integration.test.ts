import * as NodeServer from "../../../src/adapters/server/NodeServer.ts"
import * as UwsServer from "../../../src/adapters/server/UwsServer.ts"
import { serverSuite } from "../../suites/server.ts"

serverSuite("uWebSockets.js", UwsServer.layer)
serverSuite("node:http", NodeServer.layer)
