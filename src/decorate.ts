/**
 * A port with some of its methods replaced, for what is to happen around them; all others go to the port itself, those too that
 * it gets one day.
 */
export const decorated = <T extends object>(port: T, methods: Partial<T>): T =>
  new Proxy(port, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
