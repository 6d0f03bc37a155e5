import { layer } from "@effect/vitest"
import { Users } from "../../src/ports/Users.ts"
import { usersSuite } from "../suites/users.ts"

layer(Users.layerMemory)("Users in memory", usersSuite)
