// Histories on several threads; what they found, in the order it comes.
import { Worker } from "node:worker_threads"
import type { Answer, Asked } from "./Worker.ts"

/** Runs what `next` gives until it gives nothing more, or `onEnded` says that it is enough. */
export const runAll = async (
  file: string,
  threads: number,
  next: () => Asked | undefined,
  onEnded: (answer: Answer) => boolean
): Promise<void> => {
  let enough = false
  const work = async (): Promise<void> => {
    const worker = new Worker(file)
    try {
      for (let asked = next(); asked !== undefined && !enough; asked = next()) {
        const answer = await ask(worker, asked)
        if (!onEnded(answer)) enough = true
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: threads }, work))
}

const ask = (worker: Worker, asked: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    worker.once("message", (answer: Answer) => {
      worker.off("error", reject)
      resolve(answer)
    })
    worker.once("error", reject)
    worker.postMessage(asked)
  })

/** One history. */
export const runOne = async (file: string, asked: Asked): Promise<Answer> => {
  const answers: Array<Answer> = []
  let given = false
  await runAll(
    file,
    1,
    () => {
      if (given) return undefined
      given = true
      return asked
    },
    (answer) => {
      answers.push(answer)
      return true
    }
  )
  return answers[0]!
}
