// pm2 start ecosystem.config.cjs [-- flags]: the 24 h profile, config/production.json, in the background.

// pm2 drops what stands after `--` when it starts a config file, so it is taken from pm2's own command line.
const separator = process.argv.indexOf('--');
const flags = separator === -1 ? [] : process.argv.slice(separator + 1);

module.exports = {
  apps: [
    {
      name: 'horror-story-worker',
      cwd: __dirname,
      script: 'dist/main.js',
      args: flags,

      // The profile. pm2 passes the shell's variables on at the first start only, unless they stand here: a second
      // start with another key has to take that key.
      env: { ...process.env, NODE_ENV: 'production' },

      // A run that ended as asked (10, the profile's completedExitCode) stays stopped, and so does one that no restart
      // would mend: bad settings (2), refused by the API (78), answers that are no stories (79), forced (130). Never 0: pm2
      // takes a worker that was killed for a 0, and that one has to come back.
      stop_exit_codes: [2, 10, 78, 79, 130],

      // The story in hand is finished first: longer than the longest call that the settings allow (7200 s).
      kill_timeout: 7_260_000,

      // On Windows pm2 stop would end the worker at once: signals do not exist there, so it is told by a message.
      shutdown_with_message: process.platform === 'win32',

      // The worker has no children but the user's NOTIFY_COMMAND, for seconds. To look for some, pm2 needs `ps`, and where
      // that is missing (slim images) a restart starts two workers, one of them unknown to pm2.
      treekill: false,

      // Up when the worker says so.
      wait_ready: true,
      listen_timeout: 30_000,

      // pm2's instrumentation would keep a crashed worker "online" and dead.
      pmx: false,

      // A worker that lives for less than half an hour, 48 times, is left alone: each life may have paid for a story.
      // pm2 counts during the first min_uptime × max_restarts only, here the profile's 24 h; later it restarts
      // without end. No restart delay: with one, pm2 shows a finished run as waiting for a restart.
      min_uptime: 1_800_000,
      max_restarts: 48,
      max_memory_restart: '1G',
    },
  ],
};
