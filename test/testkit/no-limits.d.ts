export declare const noLimits: Readonly<Record<string, false>>;
