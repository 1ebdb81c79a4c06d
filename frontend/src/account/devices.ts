// Where one is signed in, and signing out there.
import { answered, api, type Schemas } from "../api/client";

export type Device = Schemas["DeviceAnswer"];

export const listDevices = (): Promise<readonly Device[]> => answered(api.GET("/auth/devices"));

export async function signOutOn(...ended: readonly Device[]): Promise<void> {
  for (const { id } of ended) {
    await answered(api.DELETE("/auth/devices/{device_id}", { params: { path: { device_id: id } } }));
  }
}
