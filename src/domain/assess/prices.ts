/** us-east-1, on demand, November 2026. Dollars for a million units, a GB and month, a thousand objects. */
export const PRICES = { writeUnits: 0.625, readUnits: 0.125, table: 0.25, bucket: 0.023, objects: 0.005 };
