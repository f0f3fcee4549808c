import type { Answer, CallContext } from '../api.ts';
import { findImage, IMAGES, REGIONS, SIZES } from '../catalog.ts';
import { notFound, type Operation, ok, paged } from './operation.ts';

export type AccountOperation =
  | 'getAccount'
  | 'listRegions'
  | 'listSizes'
  | 'listImages'
  | 'getImage';

/** The account, and what may be had. */
export const accountOperations: Readonly<Record<AccountOperation, Operation>> = {
  getAccount: {
    run: ({ account }) =>
      ok({
        account: {
          droplet_limit: account.options.dropletLimit,
          floating_ip_limit: 5,
          email: 'simulator@example.com',
          name: 'Simulator',
          uuid: 'b6fr89dbf6d9156cace5f3c78dc9851d957381ef',
          email_verified: true,
          status: 'active',
          status_message: '',
        },
      }),
  },
  listRegions: { run: (context) => paged(context, 'regions', REGIONS) },
  listSizes: { run: (context) => paged(context, 'sizes', SIZES) },
  listImages: { run: listImages },
  getImage: {
    run: ({ call }) => {
      const image = findImage(call.id ?? '');
      if (image === undefined) throw notFound();
      return ok({ image });
    },
  },
};

function listImages(context: CallContext): Answer {
  const isPrivate = context.query.get('private') === 'true';
  const type = context.query.get('type');
  const found = IMAGES.filter(
    (image) =>
      (!isPrivate || !image.public) &&
      (type === null || (type === 'distribution' ? image.type === 'base' : false)),
  );
  return paged(context, 'images', found);
}
