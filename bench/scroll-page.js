// Runs in the page: scrolls it down for `count` frames of `pixels` each, and answers how long each took to come.
globalThis.scrollThrough = ({ count, pixels }) =>
  new Promise((resolve) => {
    scrollTo(0, 0);
    const rows = document.querySelector('.fleet-table .rows');
    const frames = [];
    let [last, mostRows, emptyFrames] = [0, 0, 0];
    const draw = (time) => {
      if (last > 0) frames.push(time - last);
      last = time;
      if (rows) {
        const seen = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
        const isReached = rows.getBoundingClientRect().top < innerHeight / 2;
        if (isReached && !seen?.closest('.fleet-table .row-place')) emptyFrames += 1;
        mostRows = Math.max(mostRows, rows.childElementCount);
      }
      if (frames.length >= count) return resolve({ frames, mostRows, emptyFrames });
      scrollBy({ top: pixels, behavior: 'instant' });
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  });
