// What a new password must be, in the words that stand below the field. The server decides.

export const passwordRules =
  "At least 8 characters; a few words are better than many signs. Not your address, nothing that is guessed first.";
