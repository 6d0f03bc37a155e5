// What a measured process uses, as the kernel tells it.
import * as fs from "node:fs"

export const residentMegabytes = (pid: number): number => {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))
  return Math.round(Number(kilobytes?.[1] ?? "0") / 1024)
}

/** Seconds of CPU, user and system, that a process has used. */
export const cpuSeconds = (pid: number): number => {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
