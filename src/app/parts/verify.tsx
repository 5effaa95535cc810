/** `/verify`: no network is opened, and nothing is stored. */
import { VerifyPage } from '../../ui/verify/VerifyPage.tsx';
import type { ShowPart } from '../pages.tsx';
import { startVerifier } from '../verifier.ts';

export const showVerify: ShowPart = async (stage) => stage.show(<VerifyPage verifier={startVerifier()} />);
