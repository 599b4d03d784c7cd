import type { CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warnBackupHours: 24, fail: "damage or mismatch" };

/** D13: the database is whole, the index has as many entries as there are chunks, and there is a fresh backup. */
export const soundStorage: CheckSpec<Snapshot> = {
  id: "D13",
  kind: "deterministic",
  about: "node",
  threshold: bounds,
  look: ({ storage: { quickCheck, index, hasBackup, hoursSinceBackup } }) => {
    const hours = Math.floor(hoursSinceBackup);
    const measured = { quickCheck, index, hoursSinceBackup: hasBackup ? hours : null };
    if (quickCheck === "damaged")
      return {
        status: "fail",
        measured,
        title: {
          en: "The database is damaged. Stop the node and restore a backup.",
          ru: "База данных повреждена. Остановите узел и восстановите резервную копию.",
        },
        fix: { command: "adyton journal restore", reversible: false },
      };
    const isIndexWhole =
      index === null ||
      (index.chunks === index.indexed &&
        (index.vectors === null || index.vectors === index.chunks));
    if (!isIndexWhole)
      return {
        status: "fail",
        measured,
        title: {
          en: "The search index does not have every chunk; memory finds less than it holds.",
          ru: "В поисковом индексе не все фрагменты; память находит меньше, чем хранит.",
        },
      };
    if (hoursSinceBackup < bounds.warnBackupHours) return { status: "ok", measured };
    return {
      status: "warn",
      measured,
      title: hasBackup
        ? {
            en: `The newest backup is ${hours} hours old.`,
            ru: `Последней резервной копии ${hours} ч.`,
          }
        : {
            en: `There is no backup, and the node has run for ${hours} hours.`,
            ru: `Резервной копии нет, а узел работает уже ${hours} ч.`,
          },
      fix: { command: "adyton journal backup", reversible: true },
    };
  },
};
