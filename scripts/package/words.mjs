/** As both kinds of packages want it; the address is one that nobody can have. */
export const MAINTAINER = 'sandstorm-airgap contributors <maintainers@sandstorm-airgap.invalid>';
export const SUMMARY = 'look after a Sandstorm server without internet';
/** Lines of at most 78 characters. */
export const DESCRIPTION = [
  'Installs and updates a Sandstorm server on a network without internet, by way',
  "of Sandstorm's own install.sh: checks before, proof of who made the release, a",
  'plan, proof that the server is well afterwards, and a way back. It also offers',
  'app packages and an app market there, and looks into logins and certificates.',
];
