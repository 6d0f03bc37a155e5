// What is wrong with a form as a whole: nothing that one of its fields says already.

interface Problem {
  readonly message: string
  readonly fields: Readonly<Record<string, string>>
}

export const FormProblem = ({ problem }: { problem: Problem | undefined }) =>
  problem === undefined || Object.values(problem.fields).includes(problem.message) ? null : (
    <p class="problem" role="alert">
      {problem.message}
    </p>
  )
