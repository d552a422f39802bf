/** Where events go that a consumer could not take, with the reason in their headers. */
export const deadLetterTopic = (topic: string): string => `${topic}.dead`
