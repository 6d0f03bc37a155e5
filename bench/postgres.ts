export const throwaway = async (): Promise<{ url: string; stop: () => Promise<void> } | undefined> => undefined
