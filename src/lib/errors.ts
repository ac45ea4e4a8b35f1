/**
 * Something that whoever runs a command can mend: a flag, a setting, a file of theirs. The message is for them, in
 * Korean, and says all there is to say; commands print it without a stack and end with the exit code for that.
 */
export class UserProblem extends Error {}
