/** DigitalOcean's "no": an HTTP status with its error body. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const notFound = () =>
  new Refusal(404, 'The resource you were accessing could not be found.');
export const pendingEvent = () => new Refusal(422, 'Droplet already has a pending event.');
export const overQuota = () =>
  new Refusal(422, 'creating this/these droplet(s) will exceed your droplet limit');
