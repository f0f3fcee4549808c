import { describe, expect, it } from 'vitest';
import { readUserData } from './cloud-config.ts';

describe('user_data', () => {
  it('gives users, host key, login by password, files and commands', () => {
    const config = readUserData(`#cloud-config
ssh_pwauth: true
users:
  - default
  - {name: root, lock_passwd: false, hashed_passwd: '$6$a$b', ssh_authorized_keys: [ssh-ed25519 AAAA]}
ssh_keys: {ed25519_private: "PEM", ed25519_public: "ssh-ed25519 BBBB"}
write_files: [{path: /etc/x, content: aGk=, encoding: b64, permissions: '0600'}]
runcmd: [[echo, "it's"], 'date']
`);
    expect(config).toMatchObject({
      hostKey: 'PEM',
      passwordLogin: true,
      commands: ["'echo' 'it'\\''s'", 'date'],
    });
    expect(config.users[0]).toEqual({
      name: 'root',
      passwordHash: '$6$a$b',
      authorizedKeys: ['ssh-ed25519 AAAA'],
    });
    expect(config.files[0]).toMatchObject({ path: '/etc/x', mode: 0o600 });
    expect(config.files[0]?.content.toString()).toBe('hi');
  });

  it('locks a password unless it is told not to, as cloud-init does', () => {
    const config = readUserData("#cloud-config\nusers: [{name: root, hashed_passwd: '$6$a$b'}]\n");
    expect(config.users[0]?.passwordHash).toBe('!$6$a$b');
  });

  it('leaves the image as it is when it is neither a cloud-config nor a script', () => {
    expect(readUserData('hello')).toMatchObject({
      users: [],
      commands: [],
      passwordLogin: undefined,
    });
  });

  it('says where it is wrong', () => {
    expect(() => readUserData('#cloud-config\nwrite_files: [{content: x}]')).toThrow(
      /write_files\.0\.path/,
    );
  });
});
